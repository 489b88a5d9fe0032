// Makes one script for node of a reader in TypeScript and the packages that it imports.
//
//   node bundle.cjs SOURCE SCRIPT MODULES_FOLDER
const path = require('node:path')
const [source, script, modules] = process.argv.slice(2)
const esbuild = require(path.join(modules, 'esbuild'))

// The package of DevTools lacks a table of languages, which its own build makes.
const locales = {
  name: 'locales',
  setup(build) {
    const names = ['LOCALES', 'BUNDLED_LOCALES'].map(name => `export const ${name} = ["en-US"]`)
    const texts = ['DEFAULT_LOCALE', 'REMOTE_FETCH_PATTERN', 'LOCAL_FETCH_PATTERN'].map(name => `export const ${name} = "en-US"`)
    build.onResolve({ filter: /^\.\/locales\.js$/ }, () => ({ path: 'locales', namespace: 'made' }))
    build.onLoad({ filter: /./, namespace: 'made' }, () => ({ contents: [...names, ...texts].join('\n') }))
  },
}
esbuild.build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile: script, nodePaths: [modules], plugins: [locales], logLevel: 'error' })
  .catch(() => process.exit(1))
