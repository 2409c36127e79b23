import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { event, logLine, wentLive } from '../testing/answers.ts'
import { testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function cli() {
  const open = new ReadableStream({
    start: (controller) =>
      controller.enqueue(new TextEncoder().encode(event('1', logLine('1', 'a line of the log')))),
  })
  let attempts = 0
  const made = testCli({
    files: { 'app/realm.json': '{"name":"app"}', 'app/javascript/main.js': 'first' },
    answers: {
      'deployments.create': ({ body }) => {
        const source = (body as { scripts: { source: string }[] }).scripts[0]!.source
        if (source === 'away' && attempts++ < 3) return new PlatformError('UNAVAILABLE', 'nobody there')
        return source === 'broken'
          ? new PlatformError('SCRIPT_ERROR', 'main.js is broken')
          : { ...wentLive, realm: source }
      },
      'logs.follow': () => open,
    },
  })
  removals.push(made.folder.remove)
  return made
}

describe('zimki dev', () => {
  it('redeploys on change, tells errors and goes on, with the log in the same window', async () => {
    const { run, folder, printed, stop, output } = cli()
    const running = run('dev', 'app')
    await printed('first is live')
    await printed('a line of the log')
    folder.write('app/javascript/main.js', 'broken')
    await printed('main.js is broken\nThe version before stays live')
    folder.write('app/javascript/main.js', 'third')
    await printed('third is live')
    folder.write('app/realm.json', '{"nam":1}')
    await printed('unknown key "nam"')
    stop()
    expect(await running).toBe(0)
    expect(output.err).toBe('')
  })

  it('tries again by itself while the server is away, and says so once', async () => {
    const { run, folder, printed, stop, output } = cli()
    folder.write('app/javascript/main.js', 'away')
    const running = run('dev', 'app')
    await printed('away is live')
    stop()
    expect(await running).toBe(0)
    expect(
      output.out.split('nobody there\nNothing is live yet; trying again until it works ...'),
    ).toHaveLength(2)
  })

  it('refuses a folder that is no realm at once', async () => {
    const { run, output } = cli()
    expect(await run('dev', 'nowhere')).toBe(1)
    expect(output.err).toContain('A realm folder looks like this')
  })
})
