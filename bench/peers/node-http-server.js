import { createServer } from 'node:http'

const [port] = process.argv.slice(2)
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end('hello')
})
server.listen(Number(port), '127.0.0.1')
