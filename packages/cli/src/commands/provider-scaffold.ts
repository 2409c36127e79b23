import { adapterSources } from './provider-scaffold-sources.ts'
import type { PackageSources } from './provider-sources.ts'

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** The files of a new adapter's package: relative path to content. It compiles as it is, and its tests say what to write. */
export function scaffoldProvider(name: string, from: PackageSources): Record<string, string> {
  return {
    'package.json': packageJson(name, from),
    'tsconfig.json': TSCONFIG,
    '.gitignore': 'node_modules/\n',
    'README.md': readme(name),
    ...adapterSources(name),
  }
}

function packageJson(name: string, { provider, zimki }: PackageSources): string {
  return json({
    name: `zimki-provider-${name}`,
    version: '0.1.0',
    description: `OpenZimki machines from ${name}`,
    license: 'Apache-2.0',
    type: 'module',
    exports: { '.': './src/index.ts' },
    scripts: { check: 'tsc --noEmit -p .', test: 'zimki provider test .' },
    dependencies: { '@openzimki/provider': provider },
    devDependencies: {
      ...(zimki === null ? {} : { openzimki: zimki }),
      '@types/node': '^26.0.0',
      typescript: '>=5.9',
    },
  })
}

const TSCONFIG = json({
  compilerOptions: {
    target: 'esnext',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['esnext'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    noFallthroughCasesInSwitch: true,
    noImplicitOverride: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['src'],
})

function readme(name: string): string {
  return `# zimki-provider-${name}

An adapter that gives OpenZimki machines from ${name}.

| file | what it is |
| --- | --- |
| \`src/index.ts\` | what the platform loads |
| \`src/config.ts\` | what an operator may set, checked |
| \`src/manifest.ts\` | what machines from here can do, honestly |
| \`src/driver.ts\` | the work |
| \`src/map-error.ts\` | the library's errors in the contract's codes |
| \`src/test-bed.ts\` | what the conformance kit needs to test it |

\`npm run check\` compiles it. \`npm test\` runs the kit, which is the specification: each case that fails says what is wanted.
\`zimki up --provider ./path/to/this/folder\` runs a platform on it.
`
}
