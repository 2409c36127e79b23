export interface InstanceType {
  name: string
  vcpus: number
  memoryMib: number
  architecture: 'x86_64' | 'arm64'
  /** US dollars an hour, on demand, Linux, as listed for us-east-1 in November 2026 or close to it: what spot prices start from. */
  hourlyUsd: number
  burstable: boolean
}

const type = (name: string, vcpus: number, gib: number, hourlyUsd: number): InstanceType => ({
  name,
  vcpus,
  memoryMib: gib * 1024,
  architecture: /^[a-z]+\d+g/.test(name) ? 'arm64' : 'x86_64',
  hourlyUsd,
  burstable: name.startsWith('t'),
})

export const INSTANCE_TYPES: InstanceType[] = [
  type('t3.micro', 2, 1, 0.0104),
  type('t3.small', 2, 2, 0.0208),
  type('t3.medium', 2, 4, 0.0416),
  type('t3.large', 2, 8, 0.0832),
  type('t4g.micro', 2, 1, 0.0084),
  type('t4g.small', 2, 2, 0.0168),
  type('t4g.medium', 2, 4, 0.0336),
  type('m6i.large', 2, 8, 0.096),
  type('m6i.xlarge', 4, 16, 0.192),
  type('m7i.large', 2, 8, 0.1008),
  type('m7i.xlarge', 4, 16, 0.2016),
  type('m7i.2xlarge', 8, 32, 0.4032),
  type('m7g.medium', 1, 4, 0.0408),
  type('m7g.large', 2, 8, 0.0816),
  type('m7g.xlarge', 4, 16, 0.1632),
  type('c6i.large', 2, 4, 0.085),
  type('c7i.large', 2, 4, 0.08925),
  type('c7i.xlarge', 4, 8, 0.1785),
  type('c7i.2xlarge', 8, 16, 0.357),
  type('c7g.medium', 1, 2, 0.0363),
  type('c7g.large', 2, 4, 0.0725),
  type('c7g.xlarge', 4, 8, 0.145),
  type('r7i.large', 2, 16, 0.1323),
  type('r7g.large', 2, 16, 0.1071),
]
