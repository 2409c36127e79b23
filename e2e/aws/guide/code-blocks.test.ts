import { expect, it } from '@jest/globals'
import { codeBlocks } from './code-blocks.ts'

const PAGE = `# Page

## One

1. So:

   \`\`\`sh
   a \\
     b
   \`\`\`

   \`\`\`json
   { "c":
     1 }
   \`\`\`

## Two

\`\`\`sh
d
\`\`\`
`

it('finds the blocks of one section, as they are typed', () => {
  expect(codeBlocks(PAGE, 'One')).toEqual([
    { language: 'sh', text: 'a \\\n  b\n' },
    { language: 'json', text: '{ "c":\n  1 }\n' },
  ])
  expect(codeBlocks(PAGE, 'Two')).toEqual([{ language: 'sh', text: 'd\n' }])
})

it('misses a section that is not there any more', () => {
  expect(() => codeBlocks(PAGE, 'Three')).toThrow(/no section "Three"/)
})
