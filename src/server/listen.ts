// Opens a socket, with errors that say what to do.
import type { Server } from 'node:http'
import { TesseraError } from '../core/index.ts'

export const LOOPBACK = '127.0.0.1'

/** Binds a port (0: any free one) of an address of this machine. Throws PORT_IN_USE, ARGUMENT_INVALID. */
export function listen(server: Server, port: number, host: string = LOOPBACK): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      server.off('listening', done)
      if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND') {
        const message = `${host} is no address of this machine`
        return reject(
          new TesseraError('ARGUMENT_INVALID', message, { hint: 'Try 127.0.0.1 or 0.0.0.0', cause }),
        )
      }
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} is taken by another program`,
        EACCES: `Port ${port} needs rights that this user does not have`,
      }
      const message = reasons[cause.code ?? '']
      reject(
        message
          ? new TesseraError('PORT_IN_USE', message, {
              where: `${host}:${port}`,
              hint: 'Choose another with --port N (0 = any free one)',
              cause,
            })
          : cause,
      )
    }
    const done = () => {
      server.off('error', fail)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    }
    server.once('error', fail)
    server.once('listening', done)
    server.listen(port, host)
  })
}
