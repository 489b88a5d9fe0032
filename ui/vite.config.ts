import { defineConfig } from "vite";

// Names have the hash of what is in them, so that a browser may keep them for ever.
export default defineConfig({
  build: { target: "es2022", sourcemap: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
