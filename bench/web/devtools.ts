// Opens a .heapsnapshot as the Memory panel of Chromium's DevTools does, to its summary, and prints how long that took and
// how much memory: {"ms", "nodes", "rss"}. Bundled by tests/e2e/readers/bundle.cjs.
import * as fs from 'node:fs';
import * as Worker from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/heap_snapshot_worker.js';

// Newer than the node of Debian 12.
Promise.withResolvers ??= function() {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return {promise, resolve, reject};
};

const began = performance.now();
const loader = new Worker.HeapSnapshotLoader.HeapSnapshotLoader({sendEvent() {}} as any);
for await (const chunk of fs.createReadStream(process.argv[2], {encoding: 'utf8', highWaterMark: 1 << 20})) loader.write(chunk);
loader.close();
await loader.parsingComplete;
const channel = new MessageChannel();
new Worker.HeapSnapshot.SecondaryInitManager(channel.port2 as any);
const snapshot = await loader.buildSnapshot(channel.port1 as any);
const classes = Object.keys(snapshot.aggregatesWithFilter({} as any)).length;
const ms = performance.now() - began;
process.stdout.write(JSON.stringify({ms, nodes: snapshot.nodeCount, classes, rss: process.memoryUsage().rss}), () => process.exit(0));
