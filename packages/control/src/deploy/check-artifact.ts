import type { Artifact } from '@openzimki/core'
import type { BlobStore, ObjectStore } from '@openzimki/store'
import { nameFaults } from './check-names.ts'
import { syntaxFaults } from './check-syntax.ts'
import { templateFaults } from './check-templates.ts'
import { type Fault, MAX_FAULTS, refusal } from './fault.ts'

export interface CheckParts {
  realm: string
  objects: ObjectStore
  blobs: BlobStore
}

/**
 * Refuses an artifact that cannot work, without running any of it: SCRIPT_ERROR with all that is wrong, up to 20 faults: programs that
 * do not compile, names of templates and libraries that are nowhere, templates that do not parse. Names that are put together at run
 * time are not looked at. The files that it has must be the realm's own.
 */
export async function checkArtifact(artifact: Artifact, parts: CheckParts): Promise<void> {
  const faults: Fault[] = []
  for await (const fault of allFaults(artifact, parts)) {
    faults.push(fault)
    if (faults.length === MAX_FAULTS) break
  }
  const [first, ...rest] = faults
  if (first) throw refusal([first, ...rest])
}

async function* allFaults(artifact: Artifact, { realm, objects, blobs }: CheckParts): AsyncGenerator<Fault> {
  yield* syntaxFaults(artifact)
  yield* nameFaults(artifact, realm, objects)
  yield* templateFaults(artifact, blobs)
}
