// Reads a file with speedscope's own importer, as its makers ship it, and prints what it found as JSON: per profile its
// unit, the sum of its weights, and for each frame what it has in all and itself.
//
//   node speedscope.mjs PACKAGE_FOLDER FILE
//
// The package is one script for browsers, which draws its page when it runs. Here it gets a page that does nothing; its
// importer is found by how it begins.
import fs from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'

const [folder, file] = process.argv.slice(2)
const release = path.join(folder, 'dist/release')
const name = fs.readdirSync(release).find(one => /^speedscope-\w+\.js$/.test(one))
const source = fs.readFileSync(path.join(release, name), 'utf8')
const found = /async function ([$\w]+)\(([$\w]+),([$\w]+)\)\{return [$\w]+\([$\w]+\.fromArrayBuffer\(\2,\3\)\)\}/.exec(source)
if (!found) throw new Error(`${name} has no importer of the known form`)

const absent = ['then', 'dcodeIO', 'Long', 'process'] // what a page has only if some library made it
const page = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : key === Symbol.iterator ? function* () {} : absent.includes(key) ? undefined : page),
  apply: () => page,
  construct: () => page,
  set: () => true,
})
const world = { console: { log() {}, warn() {}, error() {} }, window: page, document: page, navigator: page, location: page, localStorage: page,
  TextDecoder, TextEncoder, URL, setTimeout() {}, clearTimeout() {}, setInterval() {}, requestAnimationFrame() {}, performance, Blob, FileReader: page, fetch: page }
world.self = world
const script = source.replace('"use strict";(()=>{', `"use strict";(()=>{globalThis.read=(...all)=>${found[1]}(...all);`)
try {
  vm.runInContext(script, vm.createContext(world))
} catch (error) {
  if (!world.read) throw error // drawing its page fails, after everything is defined
}
await new Promise(setImmediate) // its modules are made in a task of their own
const bytes = fs.readFileSync(file)
const group = await world.read(path.basename(file), new Uint8Array(bytes).buffer)
if (!group) throw new Error(`speedscope does not know what ${file} is`)
console.log(JSON.stringify({
  name: group.name,
  profiles: group.profiles.map(profile => {
    const frames = {}
    profile.forEachFrame(frame => { frames[frame.name] = [frame.getTotalWeight(), frame.getSelfWeight(), frame.file ?? '', frame.line ?? 0] })
    return { name: profile.getName(), unit: profile.getWeightUnit(), total: profile.getTotalNonIdleWeight(), frames }
  }),
}))
