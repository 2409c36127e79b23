/** kill -9. False: it was gone. */
export function killHard(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw thrown
  }
}
