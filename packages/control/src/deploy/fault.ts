import { PlatformError } from '@openzimki/core'

/** What is wrong with a deployment, and where. */
export interface Fault {
  /** As the author of the folder knows it. */
  file: string
  /** From 1; null where it is not known. */
  line: number | null
  /** From 1; null where it is not known. */
  column: number | null
  /** What is wrong and what to do, without a full stop. */
  message: string
}

/** More than these are found at the next attempt. */
export const MAX_FAULTS = 20

/** SCRIPT_ERROR for a person and, in `details`, for programs: `file`, `line` and `column` of the first, and all of them as `faults`. */
export function refusal(faults: readonly [Fault, ...Fault[]]): PlatformError {
  const [{ file, line, column }] = faults
  const told = faults.map((fault) => `${placeOf(fault)}: ${fault.message}`)
  const message =
    told.length === 1
      ? `${told[0]}. Nothing was deployed; mend it and deploy again`
      : `${heading(faults.length)}\n${told.join('\n')}`
  return new PlatformError('SCRIPT_ERROR', message, { details: { file, line, column, faults } })
}

const heading = (count: number): string =>
  `${count === MAX_FAULTS ? `The first ${count}` : count} things are wrong. Nothing was deployed; mend them and deploy again:`

function placeOf({ file, line, column }: Fault): string {
  if (line === null) return file
  return column === null ? `${file}:${line}` : `${file}:${line}:${column}`
}
