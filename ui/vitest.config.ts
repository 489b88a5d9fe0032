import { defineConfig } from "vitest/config";
import { TestCounter } from "./test_counter.ts";

export default defineConfig({
  test: { include: ["src/**/*.test.ts"], reporters: ["default", new TestCounter()], unstubGlobals: true, restoreMocks: true },
});
