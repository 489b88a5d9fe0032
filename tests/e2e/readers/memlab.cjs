// Reads a .heapsnapshot file with memlab, and prints as JSON what it says: how many nodes, the sum of their sizes, and
// for each node its number, name, size and what it keeps alive.
//
//   node memlab.cjs NODE_MODULES FILE
const path = require('path')
const [modules, file] = process.argv.slice(2)
const { analysis, utils } = require(path.join(path.resolve(modules), '@memlab/core'))

const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true // it draws its progress there
utils.getSnapshotFromFile(file, { buildNodeIdIndex: true, verbose: false }).then(snapshot => {
  analysis.preparePathFinder(snapshot)
  const objects = []
  let total = 0
  snapshot.nodes.forEach(node => {
    total += node.self_size
    objects.push([node.id, node.name, node.self_size, node.retainedSize])
  })
  write(JSON.stringify({ total, objects }))
})
