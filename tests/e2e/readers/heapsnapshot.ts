// Reads a .heapsnapshot file with the loader of Chromium's DevTools, and prints as JSON: how many nodes there are, the sum
// of their sizes, and for each object its id, constructor, own and retained size. Bundled by esbuild; run by node:
//
//   node heapsnapshot.js FILE
import * as fs from 'node:fs';
import * as Worker from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/heap_snapshot_worker.js';

// Newer than the node of Debian 12.
Promise.withResolvers ??= function() {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return {promise, resolve, reject};
};

const dispatcher = {sendEvent() {}};
const loader = new Worker.HeapSnapshotLoader.HeapSnapshotLoader(dispatcher as any);
for await (const chunk of fs.createReadStream(process.argv[2], {encoding: 'utf8', highWaterMark: 1 << 20})) loader.write(chunk);
loader.close();
await loader.parsingComplete;
const channel = new MessageChannel();
new Worker.HeapSnapshot.SecondaryInitManager(channel.port2 as any);
const snapshot = await loader.buildSnapshot(channel.port1 as any);

const objects = [];
let nodes = 0;
for (const it = snapshot.allNodes(); it.hasNext(); it.next(), ++nodes) {
  const node = it.node;
  const edges = [];
  for (const edge = node.edges(); edge.hasNext(); edge.next()) edges.push([edge.edge.name(), edge.edge.node().id()]);
  objects.push([node.id(), node.name(), node.selfSize(), node.retainedSize(), node.distance(), edges]);
}
// The channel would keep the process waiting.
process.stdout.write(JSON.stringify({nodes, total: snapshot.totalSize, objects}), () => process.exit(0));
