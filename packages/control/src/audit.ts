import type { AuditRecord, Page } from '@openzimki/api'
import { requireOperator } from './accounts.ts'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { AuditRow } from './database/rows.ts'

interface AuditRequest extends PageRequest {
  action?: string | undefined
  target?: string | undefined
  from?: number | undefined
  to?: number | undefined
}

const show = (row: AuditRow): AuditRecord => ({
  id: String(row.seq),
  timeMs: row.time_ms,
  account: row.account,
  actor: row.actor,
  action: row.action,
  target: row.target,
  details: JSON.parse(row.details),
})

/** What was changed, by whom, and who was turned away. Nothing here can be changed. */
export class AuditService {
  readonly #context: ControlContext

  constructor(context: ControlContext) {
    this.#context = context
  }

  /** Newest first. PERMISSION_DENIED for anyone but an operator. */
  async list(
    caller: Caller,
    { action, target, from, to, ...page }: AuditRequest,
  ): Promise<Page<AuditRecord>> {
    requireOperator(caller)
    const query = this.#context.db('audit')
    if (action !== undefined) query.where({ action })
    if (target !== undefined) query.where({ target })
    if (from !== undefined) query.where('time_ms', '>=', from)
    if (to !== undefined) query.where('time_ms', '<', to)
    return readPage(query, page, show, 'desc')
  }
}
