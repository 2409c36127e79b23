import { describe, expect, it } from '@jest/globals'
import { parseRealmJson } from './realm-json.ts'

const parse = (text: string) => parseRealmJson(text, 'realm.json')

describe('realm.json', () => {
  it('fills in what is left out', async () => {
    expect(await parse('{}')).toEqual({
      type: 'script',
      classes: [],
      env: {},
      limits: {},
      schedules: [],
      shared: [],
    })
  })

  it.each([
    ['{\n  "clases": []\n}', 'realm.json:2: unknown key "clases". Did you mean "classes"?'],
    ['{"limits":{"cpums":1}}', 'unknown key "limits.cpums". Did you mean "cpuMs"?'],
    ['{"schedules":[{"cron":"* * * * *","function":"f","funktion":"g"}]}', 'Did you mean "function"?'],
    ['{"qqqqqqqqqqqq":1}', 'Known keys are name, type, main'],
    ['{"name":"Not A Name"}', '"name": must be lower-case letters'],
    ['{"name":"api"}', '"name": must be'],
    ['{"classes":["constructor"]}', '"classes.0": must be a name that JavaScript accepts'],
    ['{"limits":{"cpuMs":-1}}', '"limits.cpuMs"'],
    ['{"env":{"A":1}}', '"env.A"'],
    ['{"type":"module"}', '"main": is needed by a realm of type "module"'],
    ['{"main":"x.js"}', '"main": is for realms of type "module"'],
    ['[]', 'the whole'],
    ['null', 'the whole'],
    ['{\n"name": }', 'realm.json:2:9: '],
    ['', 'not valid JSON'],
  ])('refuses %s with a line that helps', async (text, message) => {
    await expect(parse(text)).rejects.toThrow(message)
  })

  it('names every fault at once', async () => {
    await expect(parse('{"clases":[],"nam":"x"}')).rejects.toThrow(/clases.*\n.*nam/)
  })

  it('is not fooled by a key called __proto__', async () => {
    await expect(parse('{"__proto__":{"type":"module"}}')).rejects.toThrow('unknown key "__proto__"')
  })
})
