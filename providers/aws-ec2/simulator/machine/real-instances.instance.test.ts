import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  DescribeInstancesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Simulator, startSimulator } from '../start-simulator.ts'
import { eventually } from '../testing/eventually.ts'
import { clientOf, oneInstance } from '../testing/test-cloud.ts'
import { runTool } from './run-tool.ts'
import { sweepDead } from './state-folder.ts'

/** Of these tests alone: another that starts a simulator would sweep what one of theirs has left. */
const STATE = await mkdtemp('/dev/shm/simulators-')
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const SERVICE = `
[Unit]
Description=Says when it begins and ends

[Service]
Environment="WHO=a b"
EnvironmentFile=/etc/hello.env
ExecStart=/bin/sh /usr/local/bin/hello
User=nobody
Restart=always
RestartSec=10ms
ProtectSystem=strict
PrivateTmp=yes
StandardOutput=journal+console
StateDirectory=hello

[Install]
WantedBy=multi-user.target`
const HELLO = `
trap 'echo ends; exit 0' TERM
echo "begins as $(id -un) for $WHO from $PLACE"
touch /etc/x 2>/dev/null || touch /var/lib/hello/x && echo 'writes its own only'
while :; do sleep 0.05; done`

/** Ends the machine before it has ended itself. */
const POWERS_OFF = `#!/bin/sh
echo "data runs"
cat >/etc/systemd/system/hello.service <<'UNIT'
[Service]
ExecStart=/bin/echo hello from the unit
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable hello
systemctl poweroff
sleep 60
`

/** What a real host would be given; nothing in it knows of the simulator. */
const USER_DATA = `#!/bin/bash
set -eu
[ -d /run/systemd/system ]
echo "data runs on $(hostname) as $(id -un)"
cat >/usr/local/bin/hello <<'EOF'${HELLO}
EOF
echo PLACE=file >/etc/hello.env
cat >/etc/systemd/system/hello.service <<'EOF'${SERVICE}
EOF
systemctl daemon-reload
systemctl enable --now hello
echo "hello is $(systemctl is-active hello)"
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
meta() { curl -sf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"; }
echo "it is $(meta instance-id) in $(meta placement/availability-zone)"
echo "without a token: $(curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/)"
echo "files of the host: $(ls /root /home /tmp /opt | grep -cv '^/\\|^$' || true)"
echo said to the console >/dev/console
`

const encoded = (text: string): string => Buffer.from(text).toString('base64')

async function launch(ec2: EC2Client, userData: string, change = {}): Promise<string> {
  const request = oneInstance({ UserData: encoded(userData), ...change })
  const { Instances } = await ec2.send(new RunInstancesCommand(request))
  return Instances?.[0]?.InstanceId ?? ''
}

async function consoleOf(ec2: EC2Client, InstanceId: string): Promise<string> {
  const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }))
  return Buffer.from(Output, 'base64').toString()
}

/** The console, as soon as it says this. */
const says = (ec2: EC2Client, id: string, what: RegExp): Promise<string> =>
  eventually(async () => {
    const text = await consoleOf(ec2, id)
    return what.test(text) && text
  })

const becomes = (ec2: EC2Client, id: string, state: string): Promise<unknown> =>
  eventually(async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    return Reservations?.[0]?.Instances?.[0]?.State?.Name === state
  })

/** What simulators with this tag, or any, have on the host: processes, devices, mounts, folders. */
async function tracesOf(tag: string): Promise<string[]> {
  const links = (await runTool('ip', '-o', 'link')).split('\n').filter((line) => line.includes(`zk${tag}`))
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(`/${tag}/`))
  const folders = await readdir(`${STATE}/openzimki-aws-simulator`).catch(() => [])
  const processes: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    if (environment.includes(`/openzimki-aws-simulator/${tag}/`)) processes.push(pid)
  }
  return [...links, ...mounts, ...folders.filter((one) => one === tag), ...processes]
}

/** A port that is closed refuses, where there is a machine; where there is none, nobody does. */
function isReached(host: string): Promise<boolean> {
  const socket = connect({ host, port: 9 })
  return new Promise((resolve) => {
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code === 'ECONNREFUSED'))
    socket.on('close', () => resolve(false))
  })
}

const tagOf = (simulator: Simulator): Promise<string> => tagAt(simulator.hostAddress ?? '')

/** By the address on its bridge. */
async function tagAt(address: string): Promise<string> {
  const all = await runTool('ip', '-o', '-4', 'addr')
  return new RegExp(`zk([0-9a-f]{6})\\s+inet ${address.replaceAll('.', '\\.')}/`).exec(all)?.[1] ?? ''
}

describe('real instances', () => {
  let simulator: Simulator
  let ec2: EC2Client

  beforeAll(async () => {
    simulator = await startSimulator({ instances: 'real', stateFolder: STATE })
    ec2 = clientOf(simulator)
  }, 30_000)
  afterAll(async () => {
    await simulator?.close()
    await rm(STATE, { recursive: true, force: true })
  })

  it('run their user data for a systemd host as it is, end in order, and come back with their units and not their user data', async () => {
    const id = await launch(ec2, USER_DATA)
    const text = await says(ec2, id, /Cloud-init v/)
    expect(text).toMatch(/data runs on ip-10-\d+-\d+-\d+ as root/)
    expect(text).toContain('hello is active')
    expect(text).toMatch(new RegExp(`it is ${id} in us-east-1[abc]`))
    expect(text).toContain('without a token: 401')
    expect(text).toContain('files of the host: 0')
    // What writes there beside the user data may come after its end.
    await says(ec2, id, /begins as nobody for a b from file\s[\s\S]*writes its own only/)
    await says(ec2, id, /said to the console/)
    await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
    await becomes(ec2, id, 'stopped')
    expect(await consoleOf(ec2, id)).toMatch(/Powering off[\s\S]*ends/)
    await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
    const again = await says(ec2, id, /ends[\s\S]*begins as nobody/)
    expect(again.match(/data runs on/g)).toHaveLength(1)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id], SkipOsShutdown: true }))
    await becomes(ec2, id, 'terminated')
  }, 120_000)

  it('reach the host and its exposed ports, and the host reaches them; a dark zone is not reached', async () => {
    const server = createServer((_request, response) => response.end('from the host'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await simulator.expose(port)
    const id = await launch(ec2, `#!/bin/sh\ncurl -s http://${simulator.hostAddress}:${port}/\necho\n`)
    expect(await says(ec2, id, /Cloud-init v/)).toContain('from the host')
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    const one = Reservations?.[0]?.Instances?.[0]
    const ping = () => isReached(one?.PrivateIpAddress ?? '')
    expect(await ping()).toBe(true)
    await simulator.control.darken(one?.Placement?.AvailabilityZone ?? '')
    expect(await ping()).toBe(false)
    await simulator.control.relight(one?.Placement?.AvailabilityZone ?? '')
    expect(await eventually(ping)).toBe(true)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id], SkipOsShutdown: true }))
    server.closeAllConnections()
    server.close()
  }, 120_000)

  it('end by themselves as they were told to', async () => {
    const script = '#!/bin/sh\nshutdown -h now\n'
    const [stops, ends] = await Promise.all([
      launch(ec2, script),
      launch(ec2, script, { InstanceInitiatedShutdownBehavior: 'terminate' }),
    ])
    await Promise.all([becomes(ec2, stops, 'stopped'), becomes(ec2, ends, 'terminated')])
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [stops] }))
    await becomes(ec2, stops, 'terminated')
  }, 120_000)

  it('that power off amid their user data come back with their units, and do not run it again', async () => {
    const id = await launch(ec2, POWERS_OFF)
    await becomes(ec2, id, 'stopped')
    expect(await consoleOf(ec2, id)).not.toContain('hello from')
    await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
    const text = await says(ec2, id, /hello from the unit/)
    expect(text.match(/data runs/g)).toHaveLength(1)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id], SkipOsShutdown: true }))
  }, 120_000)

  it('are forced to end by a second call when they take their time, whether that stops or terminates them', async () => {
    const unit = [
      '[Service]',
      `ExecStart=/bin/sh -c "trap '' TERM; echo up; while :; do sleep 1; done"`,
      ...['StandardOutput=journal+console', 'TimeoutStopSec=90'],
    ]
    const path = '/etc/systemd/system/deaf.service'
    const deaf = `#!/bin/sh\ncat >${path} <<'END'\n${unit.join('\n')}\nEND\nsystemctl start deaf\n`
    const ids = await Promise.all([launch(ec2, deaf), launch(ec2, deaf)])
    await Promise.all(ids.map((id) => says(ec2, id, /up/)))
    const [stops, ends] = ids
    await ec2.send(new StopInstancesCommand({ InstanceIds: ids }))
    await Promise.all(ids.map((id) => becomes(ec2, id, 'stopping')))
    await ec2.send(new StopInstancesCommand({ InstanceIds: [stops!], Force: true }))
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [ends!], SkipOsShutdown: true }))
    await Promise.all([becomes(ec2, stops!, 'stopped'), becomes(ec2, ends!, 'terminated')])
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [stops!] }))
  }, 120_000)

  it('understand a cloud-config, and say what failed', async () => {
    const config =
      '#cloud-config\nwrite_files:\n- path: /etc/greeting\n  content: hi\nruncmd:\n- cat /etc/greeting\n- exit 3\n'
    const [good, bad] = await Promise.all([launch(ec2, config), launch(ec2, '#!/bin/sh\nexit 7\n')])
    expect(await says(ec2, good, /Cloud-init v/)).toMatch(/^hi/m)
    expect(await says(ec2, bad, /Cloud-init v/)).toMatch(/part-001 ended with 7/)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [good, bad], SkipOsShutdown: true }))
  }, 120_000)

  it('leave nothing behind when the simulator closes, whatever they were doing', async () => {
    const other = await startSimulator({ instances: 'real', stateFolder: STATE })
    const tag = await tagOf(other)
    const client = clientOf(other)
    const ids = await Promise.all(
      [1, 2].map(() => launch(client, '#!/bin/sh\nsetsid sleep 1000 &\necho up\nsleep 1000\n')),
    )
    await Promise.all(ids.map((id) => says(client, id, /up/)))
    await launch(client, '#!/bin/sh\n')
    expect((await tracesOf(tag)).length).toBeGreaterThan(4)
    await other.close()
    expect(await tracesOf(tag)).toEqual([])
  }, 120_000)

  it('end with a simulator that is killed; the next start sweeps what is left of it, and not what is another’s', async () => {
    const child = spawn(process.execPath, [MAIN, '--instances', 'real', '--state-folder', STATE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const env: Record<string, string> = {}
    let address = ''
    for await (const line of createInterface(child.stdout)) {
      address ||= /instances reach this host at (\S+)/.exec(line)?.[1] ?? ''
      const [, name = '', value = ''] = /^export (\w+)=(.*)$/.exec(line) ?? []
      env[name] = value
      if (name === 'AWS_SIMULATOR_CONTROL_TOKEN') break
    }
    const credentials = {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    }
    const client = clientOf({ ...simulator, endpoint: env.AWS_ENDPOINT_URL_EC2 ?? '' }, credentials)
    const id = await launch(client, '#!/bin/sh\necho up\nsleep 1000\n')
    await says(client, id, /up/)
    const tag = await tagAt(address)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await tracesOf(tag)).length).toBeGreaterThan(0)
    const swept = await sweepDead(STATE)
    expect(swept).toContain(tag)
    expect(await tracesOf(tag)).toEqual([])
    const own = await tagOf(simulator)
    expect(swept).not.toContain(own)
    expect(await tracesOf(own)).toContain(own)
  }, 120_000)
})
