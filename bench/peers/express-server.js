import express from 'express'

const [port] = process.argv.slice(2)
const app = express()
app.get('/', (_request, response) => {
  response.type('text/plain').send('hello')
})
app.listen(Number(port), '127.0.0.1')
