import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { connect } from 'node:tls';

/** Whatever TURN_TLS_PORT says: the port of TURN over TLS that LiveKit tells browsers. */
export const browsersTurnPort = 443;

const answerWithinMs = 3_000;
const magicCookie = 0x2112a442;

/** A STUN binding request (RFC 8489 §6), which every TURN server answers. */
function bindingRequest(): Buffer {
  const request = Buffer.alloc(20);
  request.writeUInt16BE(0x0001, 0);
  request.writeUInt32BE(magicCookie, 4);
  crypto.getRandomValues(request.subarray(8));
  return request;
}

/** Cookie and transaction come back as they were sent. */
const isAnswerTo = (request: Buffer, answer: Buffer) =>
  answer.subarray(4, 20).equals(request.subarray(4, 20));

/** True where a TURN server answers over UDP at `host`. */
export async function turnAnswersUdp(host: string, port: number): Promise<boolean> {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  const request = bindingRequest();
  try {
    return await new Promise<boolean>((done) => {
      const timer = setTimeout(() => done(false), answerWithinMs);
      const end = (answered: boolean) => {
        clearTimeout(timer);
        done(answered);
      };
      socket.once('error', () => end(false));
      socket.once('message', (answer) => end(isAnswerTo(request, answer)));
      socket.send(request, port, host, (error) => error && end(false));
    });
  } finally {
    socket.close();
  }
}

/**
 * Asks for TURN over TLS as a browser does, certificate included. `authority`: PEM of who may have signed it, besides
 * those Node trusts. @returns null where all is well, else why a browser would turn back
 */
export async function refusalOfTurnTls(options: {
  host: string;
  port: number;
  /** The name in the certificate, where it is not the host. */
  domain?: string;
  authority?: string;
}): Promise<string | null> {
  const { host, port, domain = host, authority } = options;
  const request = bindingRequest();
  return new Promise((done) => {
    const socket = connect({
      host,
      port,
      ...(isIP(domain) ? {} : { servername: domain }),
      ...(authority ? { ca: authority } : {})
    });
    const end = (why: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      done(why);
    };
    const timer = setTimeout(() => end('no answer'), answerWithinMs);
    socket.on('error', (error) => end(error.message));
    socket.once('secureConnect', () => socket.write(request));
    socket.once('data', (answer) =>
      end(isAnswerTo(request, answer) ? null : 'what answers is no TURN server')
    );
    socket.once('end', () => end('what answers is no TURN server'));
  });
}
