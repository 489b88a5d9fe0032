/* The C program around the Go library; kept out of the library by its build tag. */
//go:build ignore

extern void GoStart(int n);
extern void GoAnswer(void);

int main(void) {
  GoStart(2000);
  GoAnswer();
  return 0;
}
