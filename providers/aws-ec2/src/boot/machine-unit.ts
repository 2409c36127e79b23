/** Folders of a machine. */
export const PLACES = {
  /** Root's alone: the environment with the join token. */
  settings: '/etc/zimki',
  app: '/opt/zimki',
  run: '/run/zimki',
  state: '/var/lib/zimki',
  /** What AWS has in mind with this machine, as the watcher found it. */
  notice: '/run/zimki-notices/notice.json',
} as const

/**
 * The agent is root so that its cells can be another user; of root's rights it keeps those for that. Nothing in this unit, cells
 * included, reaches the metadata service, which has the user data: the kernel drops it for the whole control group.
 */
export const machineUnit = (): string => `[Unit]
Description=OpenZimki machine
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=5
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart=/bin/sh ${PLACES.settings}/run
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec=90
StandardOutput=journal+console
StandardError=journal+console
RuntimeDirectory=zimki
RuntimeDirectoryMode=0711
RuntimeDirectoryPreserve=restart
StateDirectory=zimki
StateDirectoryMode=0700
WorkingDirectory=/
LimitNOFILE=65536
TasksMax=infinity
OOMPolicy=continue
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_SYS_RESOURCE
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LockPersonality=yes
SystemCallArchitectures=native
IPAddressDeny=169.254.169.254/32 fd00:ec2::254/128

[Install]
WantedBy=multi-user.target
`

/** Outside of the agent's unit, since it asks the metadata service, and with no right but that. */
export const noticesUnit = (endpoint: string): string => `[Unit]
Description=OpenZimki: what AWS has in mind with this machine
After=network-online.target

[Service]
Type=exec
ExecStart=${PLACES.app}/bin/node ${PLACES.app}/watch-notices.js ${endpoint} ${PLACES.notice}
Environment=LD_LIBRARY_PATH=${PLACES.app}/lib
Restart=always
RestartSec=5
DynamicUser=yes
RuntimeDirectory=zimki-notices
RuntimeDirectoryMode=0755
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateDevices=yes
RestrictAddressFamilies=AF_INET AF_INET6
IPAddressDeny=any
IPAddressAllow=169.254.169.254/32 fd00:ec2::254/128

[Install]
WantedBy=multi-user.target
`
