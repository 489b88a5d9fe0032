#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern void goBlocks(uintptr_t handle);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *idle(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  for (;;) pthread_cond_wait(&never, &lock);
  return NULL;
}

static void *callback(void *unused) {
  (void)unused;
  goBlocks(0);
  return NULL;
}

void start_idle_threads(int n) {
  pthread_t t;
  while (n-- > 0) pthread_create(&t, NULL, idle, NULL);
}

void start_callbacks(int n) {
  pthread_t t;
  while (n-- > 0) pthread_create(&t, NULL, callback, NULL);
}

void call_back_here(uintptr_t handle) { goBlocks(handle); }

/* Blocks that stay, each written once so that it is resident, linked through their first words. */
void *c_heap(int blocks, size_t bytes) {
  static void *head;
  while (blocks-- > 0) {
    void *b = malloc(bytes);
    memset(b, 1, bytes);
    *(void **)b = head;
    head = b;
  }
  return head;
}
