zimki.publishPath('/', () => ({ content: 'hello', mimetype: 'text/plain' }))
