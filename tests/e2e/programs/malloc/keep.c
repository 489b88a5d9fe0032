#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sums {
  uint64_t heaps, used, spare, large, large_bytes;
};

static void **kept;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done;

/* Makes blocks of many sizes and frees every other one, so that there are holes. */
static void fill(int blocks) {
  void **all = malloc(sizeof(void *) * blocks);
  for (int i = 0; i < blocks; i++) {
    size_t size = 24 + (size_t)i * 37 % 3000;
    all[i] = malloc(size);
    memset(all[i], 1, size);
  }
  for (int i = 0; i < blocks; i += 2) free(all[i]);
  kept = all;
}

/* The thread stays, so its arena belongs to it. */
static void *in_a_thread(void *unused) {
  (void)unused;
  fill(1000);
  pthread_mutex_lock(&lock);
  done++;
  pthread_cond_broadcast(&changed);
  for (;;) pthread_cond_wait(&changed, &lock);
  return NULL;
}

void keep(int blocks, int arenas, int large) {
  fill(blocks);
  for (int i = 0; i < arenas; i++) {
    pthread_t t;
    pthread_create(&t, NULL, in_a_thread, NULL);
  }
  pthread_mutex_lock(&lock);
  while (done < arenas) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < large; i++) {
    char *block = malloc((size_t)(4 + i) << 20);
    memset(block, 1, (size_t)(4 + i) << 20);
    kept[1 + 2 * i] = block;
  }
}

struct sums ask(void) {
  struct mallinfo2 m = mallinfo2();
  return (struct sums){m.arena, m.uordblks, m.fordblks, m.hblks, m.hblkhd};
}
