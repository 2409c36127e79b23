import { cpus, totalmem } from 'node:os'

/** One line on what the figures were measured on, without its name. */
export function machineLine(): string {
  const [first] = cpus()
  const gigabytes = (totalmem() / 1024 ** 3).toFixed(0)
  const { platform, arch, version } = process
  return `${cpus().length} processors (${first?.model.trim() ?? 'unknown'}), ${gigabytes} GiB, ${platform} ${arch}, Node ${version}`
}
