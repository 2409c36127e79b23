import { createHash } from 'node:crypto'
import type { MachineSpec } from '@openzimki/provider'
import type { CheckedEc2Config } from '../config.ts'
import { fetchBundle } from './fetch-bundle.ts'
import { machineUnit, noticesUnit, PLACES } from './machine-unit.ts'
import { shellQuote } from './shell-quote.ts'

/** It is there once all that a machine needs is. */
const PREPARED = `${PLACES.settings}/prepared`
/** Flags of the Node that runs the agent; those of its cells stand in the bundle. */
const AGENT = [`${PLACES.app}/bin/node`, '--disable-warning=ExperimentalWarning', `${PLACES.app}/machine.js`]

/**
 * Runs as root, once. Progress goes to the console, where \`logs\` finds it. With systemd the agent becomes a unit; without it (a
 * container that plays a machine) it takes the place of the script. One that is only to be prepared shuts down in place of that; what it
 * has enabled runs at its next boot.
 */
export function bootScript(config: CheckedEc2Config, env: MachineSpec['env'], isPrepared = false): string {
  const { bundle, command } = config
  const files = [
    file(`${PLACES.settings}/env`, exports(env, bundle !== undefined)),
    file(`${PLACES.settings}/run`, runFile(command ?? AGENT)),
    ...(bundle ? [fetchBundle(bundle, config)] : []),
  ]
  const steps = isPrepared ? onlyOnce([...files, rest(config)]) : [...files, startUnits(config)]
  return [HEAD, ...steps, becomeAgent(config)].join('\n')
}

const HEAD = `#!/bin/sh
set -eu
umask 077
has_systemd() { [ -d /run/systemd/system ]; }
say() { echo "zimki-boot: $*"; if has_systemd; then echo "zimki-boot: $*" >/dev/console || true; fi; }
fail() { say "failed: $*"; if has_systemd; then sleep 5; systemctl poweroff; fi; exit 1; }
say "begins on $(uname -m), $(uname -r)"
mkdir -p ${PLACES.settings}
`

/** Whatever is in the text: the end mark is made from it. */
function file(path: string, text: string): string {
  const end = `END_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
  return `cat >${path} <<'${end}'\n${text}\n${end}\n`
}

function exports(env: MachineSpec['env'], hasBundle: boolean): string {
  const own = hasBundle ? { ZIMKI_AGENT_NOTICES: `file:${PLACES.notice}` } : {}
  return Object.entries({ ...own, ...env })
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `export ${name}=${shellQuote(value)}`)
    .join('\n')
}

/** Root's alone like the environment; nothing of both is in a list of arguments, which everybody can read. */
function runFile(command: readonly string[]): string {
  return [
    '#!/bin/sh',
    `export LD_LIBRARY_PATH=${PLACES.app}/lib`,
    `. ${PLACES.settings}/env`,
    `exec ${command.map(shellQuote).join(' ')}`,
  ].join('\n')
}

/** With systemd nobody runs the script again; without it whoever runs it at the next start wants the agent. */
const onlyOnce = (steps: string[]): string[] => [
  `if [ -e ${PREPARED} ]; then\nif has_systemd; then exit 0; fi\nelse`,
  ...steps,
  'fi\n',
]

/** All is there; what is enabled begins when the machine is started again. */
const rest = (config: CheckedEc2Config): string => `if has_systemd; then
${install(config)}systemctl enable ${unitNames(config)} || fail "a unit cannot be enabled"
fi
: >${PREPARED}
sync
say prepared
if has_systemd; then sleep 1; systemctl poweroff; fi
exit 0
`

const startUnits = (config: CheckedEc2Config): string => `if has_systemd; then
${install(config)}say "starts ${unitNames(config)}"
systemctl enable --now ${unitNames(config)} || fail "a unit does not start"
exit 0
fi
`

function becomeAgent({ bundle, metadataEndpoint }: CheckedEc2Config): string {
  const watch = `${PLACES.app}/bin/node ${PLACES.app}/watch-notices.js ${metadataEndpoint} ${PLACES.notice}`
  return `say "starts the agent"
${bundle ? `mkdir -p -m 755 /run/zimki-notices\nLD_LIBRARY_PATH=${PLACES.app}/lib ${watch} &\n` : ''}exec /bin/sh ${PLACES.settings}/run
`
}

function install(config: CheckedEc2Config): string {
  const files = unitsOf(config).map(([name, text]) => file(`/etc/systemd/system/${name}.service`, text))
  return `umask 022\n${files.join('')}systemctl daemon-reload\n`
}

function unitsOf({ bundle, metadataEndpoint }: CheckedEc2Config): [name: string, text: string][] {
  const notices: [string, string][] = bundle ? [['zimki-notices', noticesUnit(metadataEndpoint)]] : []
  return [['zimki-machine', machineUnit()], ...notices]
}

const unitNames = (config: CheckedEc2Config): string =>
  unitsOf(config)
    .map(([name]) => name)
    .join(' ')
