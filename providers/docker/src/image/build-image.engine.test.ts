import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { thisInstallation } from '@openzimki/provider/bundle'
import type Docker from 'dockerode'
import { openEngine } from '../connection/open-engine.ts'
import { ensureTestImage, testEngine } from '../testing/engine-process.ts'
import { TEST_IMAGE } from '../testing/test-engine.ts'
import { buildImage } from './build-image.ts'

let docker: Docker
const closers: (() => unknown)[] = []

beforeAll(async () => {
  const engine = await testEngine()
  closers.push(() => engine.close())
  await ensureTestImage(engine.socket)
  const opened = openEngine({ socket: engine.socket })
  closers.push(() => opened.close())
  docker = opened.docker
}, 60_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
}, 60_000)

/** Starts it without any environment, in which an agent says what it misses. */
async function firstWords(image: string): Promise<{ status: number; said: string }> {
  const container = await docker.createContainer({
    Image: image,
    HostConfig: { Tmpfs: { '/run/zimki': 'mode=0700,uid=65532,gid=65532' } },
  })
  try {
    await container.start()
    const { StatusCode } = await container.wait()
    return { status: StatusCode, said: String(await container.logs({ stdout: true, stderr: true })) }
  } finally {
    await container.remove({ force: true })
  }
}

it('an image is built from a Dockerfile on a base that the engine has, and an agent starts in it as nobody', async () => {
  const tag = 'openzimki/from-dockerfile:test'
  const parts = await thisInstallation(import.meta.dirname)
  const notes: string[] = []
  const note = (line: string) => void notes.push(line)
  const built = await buildImage(docker, { tag, from: 'dockerfile', base: TEST_IMAGE, parts, note })
  expect(built).toMatchObject({ tag, from: 'dockerfile' })
  expect((await docker.getImage(tag).inspect()).Config.User).toBe('65532:65532')
  const { status, said } = await firstWords(tag)
  expect(status).not.toBe(0)
  expect(said).toContain('ZIMKI_AGENT_CONTROL')
  await docker.getImage(tag).remove({ force: true })
}, 120_000)

it('where the base cannot be had it says so, and takes the installation’s own files only when it may', async () => {
  const parts = await thisInstallation(import.meta.dirname)
  const notes: string[] = []
  const options = {
    tag: 'openzimki/no-base:test',
    base: 'nowhere.invalid/none:1',
    parts,
    note: (line: string) => void notes.push(line),
  }
  await expect(buildImage(docker, { ...options, from: 'dockerfile' })).rejects.toMatchObject({
    name: 'PlatformError',
  })
  const built = await buildImage(docker, { ...options, from: 'auto' })
  expect(built.from).toBe('installation')
  expect(notes.join('\n')).toContain('from a Dockerfile it does not work here')
  await docker.getImage(options.tag).remove({ force: true })
}, 120_000)
