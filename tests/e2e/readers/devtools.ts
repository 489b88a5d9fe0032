// A .heapsnapshot file as the Memory panel of Chromium's DevTools opens it.
import * as fs from 'node:fs';
import * as Worker from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/heap_snapshot_worker.js';

// Newer than the node of Debian 12.
Promise.withResolvers ??= function() {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return {promise, resolve, reject};
};

// The snapshot's channel keeps the process waiting: who has called this ends it.
export async function opened(path: string) {
  const loader = new Worker.HeapSnapshotLoader.HeapSnapshotLoader({sendEvent() {}} as any);
  for await (const chunk of fs.createReadStream(path, {encoding: 'utf8', highWaterMark: 1 << 20})) loader.write(chunk);
  loader.close();
  await loader.parsingComplete;
  const channel = new MessageChannel();
  new Worker.HeapSnapshot.SecondaryInitManager(channel.port2 as any);
  return await loader.buildSnapshot(channel.port1 as any);
}
