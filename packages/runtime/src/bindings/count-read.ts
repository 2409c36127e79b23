import type { OperationCall } from './operation.ts'

/** Charges one read of the store to the request. */
export function countRead({ request }: OperationCall): void {
  if (request) request.amounts.storeReads += 1
}
