import { describe, expect, it } from '@jest/globals'
import { builtManifest, builtRootManifest } from './built-manifest.ts'

describe('builtManifest', () => {
  it('leads to JavaScript, leaves what is not code as it is, and drops doors to what is not built', () => {
    const manifest = {
      name: '@openzimki/a',
      exports: {
        '.': './src/index.ts',
        './testing': './src/testing/a.ts',
        './package.json': './package.json',
      },
      imports: { '#inner': './src/inner.ts' },
      dependencies: { zod: '4.6.7' },
      devDependencies: { '@types/x': '1.0.0' },
    }
    expect(builtManifest(manifest, (path) => !path.includes('/testing/'))).toEqual({
      name: '@openzimki/a',
      exports: { '.': './src/index.js', './package.json': './package.json' },
      imports: { '#inner': './src/inner.js' },
      dependencies: { zod: '4.6.7' },
    })
  })
})

describe('builtRootManifest', () => {
  it('keeps the script that starts the platform, and no other', () => {
    const scripts = { start: 'node a.js up', build: 'node b.ts' }
    const manifest = { name: 'a', bin: { zimki: './z.js' }, overrides: { x: '1' }, scripts }
    expect(builtRootManifest(manifest)).toEqual({
      name: 'a',
      bin: { zimki: './z.js' },
      scripts: { start: 'node a.js up' },
    })
  })
})
