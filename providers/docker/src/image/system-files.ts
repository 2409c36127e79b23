import { access, realpath } from 'node:fs/promises'
import { type BundleFile, librariesOf } from '@openzimki/provider/bundle'

/** With which agents confine cells; left out where the host has none. */
const TOOLS = ['/usr/bin/prlimit', '/usr/bin/setpriv']

const PASSWD = 'root:x:0:0:root:/run/zimki:/nologin\nzimki:x:65532:65532:zimki:/run/zimki:/nologin\n'
const GROUP = 'root:x:0:\nzimki:x:65532:\n'

/** A root that has what Node needs of a system and nothing else: no shell, no package manager. UNSUPPORTED where there is no ldd. */
export async function systemFiles(programs: readonly string[]): Promise<BundleFile[]> {
  const tools = await existing(TOOLS)
  const libraries = await librariesOf([...programs, ...tools])
  const folders: [string, number][] = [
    ['tmp', 0o1777],
    ['proc', 0o555],
    ['sys', 0o555],
    ['dev', 0o755],
    ['etc', 0o755],
    ['run/zimki', 0o755],
  ]
  return [
    ...folders.map(([path, mode]): BundleFile => ({ path, kind: 'folder', mode })),
    { path: 'etc/passwd', kind: 'text', text: PASSWD, executable: false },
    { path: 'etc/group', kind: 'text', text: GROUP, executable: false },
    { path: 'etc/nsswitch.conf', kind: 'text', text: 'hosts: files dns\n', executable: false },
    ...(await Promise.all([...libraries, ...tools].map(fromHost))),
  ]
}

async function fromHost(path: string): Promise<BundleFile> {
  return { path: path.slice(1), kind: 'file', source: await realpath(path), executable: true }
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  return paths.filter((_, index) => there[index])
}
