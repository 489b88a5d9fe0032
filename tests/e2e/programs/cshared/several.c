/* A C program around several Go libraries, each with a runtime of its own: several LIBRARY COUNT... */
//go:build ignore

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  void (*answer)(void) = NULL;
  for (int i = 1; i + 1 < argc; i += 2) {
    void* library = dlopen(argv[i], RTLD_NOW);
    if (library == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    ((void (*)(int))dlsym(library, "GoStart"))(atoi(argv[i + 1]));
    answer = (void (*)(void))dlsym(library, "GoAnswer");
  }
  if (answer != NULL) answer();
  return 0;
}
