/** Thread of Checkpointer: copies what is committed from the log into the database file, whenever it is asked to. */
import { parentPort, workerData } from 'node:worker_threads'
import BetterSqlite3 from 'better-sqlite3'

const port = parentPort!
const connection = new BetterSqlite3((workerData as { filename: string }).filename)
connection.pragma('wal_autocheckpoint = 0')
connection.pragma('synchronous = FULL')

port.on('message', (ask: 'checkpoint' | 'close') => {
  if (ask === 'checkpoint') {
    // PASSIVE waits for nobody and holds nobody up.
    connection.pragma('wal_checkpoint(PASSIVE)')
    port.postMessage('done')
  } else {
    connection.close()
    port.close()
  }
})
