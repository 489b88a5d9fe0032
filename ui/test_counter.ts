// Ends a run with the line that tools/test counts: "12 passed, 0 failed". What did not run has failed.
import type { Reporter, TestModule } from "vitest/node";

export class TestCounter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === "passed").length;
      failed += tests.filter((test) => test.result().state !== "passed").length + module.errors().length;
      if (tests.length === 0 && module.errors().length === 0) ++failed;
    }
    if (modules.length === 0) ++failed;
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    if (failed > 0) process.exitCode = 1;
  }
}
