// Opens a .heapsnapshot as the Memory panel of Chromium's DevTools does, to its summary, and prints how long that took and
// how much memory: {"ms", "nodes", "classes", "rss"}. Bundled by tests/e2e/readers/bundle.cjs.
import {opened} from '../../tests/e2e/readers/devtools';

const began = performance.now();
const snapshot = await opened(process.argv[2]);
const classes = Object.keys(snapshot.aggregatesWithFilter({} as any)).length;
const ms = performance.now() - began;
process.stdout.write(JSON.stringify({ms, nodes: snapshot.nodeCount, classes, rss: process.memoryUsage().rss}), () => process.exit(0));
