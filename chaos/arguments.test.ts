import { expect, it } from '@jest/globals'
import { readArguments } from './arguments.ts'
import { Bag } from './kills/bag.ts'

const read = (...args: string[]) => readArguments(args, () => 7)

it('takes a storm, or launches', () => {
  const storm = { run: 'storm', provider: 'local', minutes: 5, seed: 7, json: false }
  expect(read()).toEqual(storm)
  expect(read('--minutes', '0.5', '--provider', 'docker', '--seed', '3', '--json')).toEqual({
    ...storm,
    ...{ provider: 'docker', minutes: 0.5, seed: 3, json: true },
  })
  const launches = { run: 'launches', provider: 'docker', count: 60, seed: 7, json: false }
  expect(read('launches', '--count', '60')).toEqual(launches)
  expect(read('launches', '--count', '60', '--provider', 'aws-ec2')).toEqual({
    ...launches,
    provider: 'aws-ec2',
  })
})

it.each([
  [['--minutes', '0'], '--minutes must be a number'],
  [['--minutes', ''], '--minutes must be a number'],
  [['--provider', 'swarm'], '--provider must be local or docker'],
  [['landings'], 'There is no "landings"'],
  [['--sed', '1'], '--sed'],
])('refuses %j', (args, text) => {
  expect(() => read(...args)).toThrow(text)
})

it('a bag gives each once before it gives one again', () => {
  const bag = new Bag(['a', 'b', 'c'], () => 0.99)
  const drawn = Array.from({ length: 6 }, () => bag.draw())
  expect([drawn.slice(0, 3).toSorted(), drawn.slice(3).toSorted()]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ])
})
