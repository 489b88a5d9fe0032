// Reads a .heapsnapshot file with the loader of Chromium's DevTools, and prints as JSON: how many nodes there are, the sum
// of their sizes, and for each object its id, constructor, own and retained size. Bundled by esbuild; run by node:
//
//   node heapsnapshot.js FILE
import {opened} from './devtools';

const snapshot = await opened(process.argv[2]);
const objects = [];
let nodes = 0;
for (const it = snapshot.allNodes(); it.hasNext(); it.next(), ++nodes) {
  const node = it.node;
  const edges = [];
  for (const edge = node.edges(); edge.hasNext(); edge.next()) edges.push([edge.edge.name(), edge.edge.node().id()]);
  objects.push([node.id(), node.name(), node.selfSize(), node.retainedSize(), node.distance(), edges]);
}
process.stdout.write(JSON.stringify({nodes, total: snapshot.totalSize, objects}), () => process.exit(0));
