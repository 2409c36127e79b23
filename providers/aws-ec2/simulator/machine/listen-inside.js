import { createServer } from 'node:net'

// Runs in an instance's network namespace for a moment: opens the address of the metadata service there, hands the open
// socket to the simulator and ends. So the service answers in that namespace only, and no process of it stays there.
const server = createServer()
server.listen({ host: '169.254.169.254', port: 80 }, () => {
  process.send('listening', server, () => {
    server.close()
    process.disconnect()
  })
})
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
