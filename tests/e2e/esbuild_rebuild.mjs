// Drives esbuild as a dev server in a hurry does: a context over many modules, rebuilds that are cancelled at once. Then
// stays, with esbuild's Go process as its child, until its standard input ends.
//
//   node esbuild_rebuild.mjs <node_modules folder> <work folder>
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const [modules, folder] = process.argv.slice(2)
const esbuild = createRequire(path.resolve(modules, 'x.js'))('esbuild')
const count = 200

fs.mkdirSync(folder, { recursive: true })
for (let i = 0; i < count; i++) {
  const lines = [...Array(200).keys()].map(n => `export function f${i}_${n}(a, b) { return { a, b, text: "module ${i} line ${n}" } }`)
  fs.writeFileSync(path.join(folder, `m${i}.js`), lines.join('\n'))
}
const imports = [...Array(count).keys()].map(i => `import * as m${i} from "./m${i}.js"; console.log(m${i})`)
fs.writeFileSync(path.join(folder, 'entry.js'), imports.join('\n'))

const context = await esbuild.context({ entryPoints: [path.join(folder, 'entry.js')], bundle: true, write: false, logLevel: 'silent' })
for (let i = 0; i < 150; i++) {
  context.rebuild().catch(() => {}) // cancelled below: the error is what we asked for
  await new Promise(done => setTimeout(done, 3))
  await context.cancel()
}
await new Promise(done => setTimeout(done, 1000))
console.log(JSON.stringify({ ready: true, modules: count, rebuilds: 150 }))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
