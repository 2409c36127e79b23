import type { Socket } from 'node:net'

/** One that does not take what it was still owed is not waited for any longer. */
const LINGER_MS = 5_000

/**
 * Carries bytes both ways until both ends are gone. Neither side is read faster than the other takes; the end of one direction is passed
 * on and leaves the other open; an end that breaks takes the other with it. Both must be half-open sockets. `onClosed`: once, when both are gone.
 */
export function joinSockets(one: Socket, other: Socket, onClosed: () => void): void {
  let open = 2
  const carry = (from: Socket, to: Socket): void => {
    let isBroken = false
    const closed = (): void => {
      open -= 1
      if (open === 0) onClosed()
      else if (isBroken || !from.readableEnded) to.destroy()
      else endSoon(to)
    }
    from.on('error', () => {
      isBroken = true
    })
    if (from.closed) closed()
    else from.once('close', closed).pipe(to)
  }
  carry(one, other)
  carry(other, one)
}

/** After what was given to it has gone out. */
function endSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.destroySoon()
}
