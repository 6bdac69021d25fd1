/**
 * [CALL-66] Lost packets of sound are asked for again, as those of pictures are. Browsers can and do not offer it for
 * Opus (`a=rtcp-fb:… nack`); the media server takes it where it is offered. The media client's own way, RED, sends every
 * packet twice, on a good line too, and of three that are lost in a row it saves none.
 */

/** The offer with "ask for lost packets again" at each Opus. */
export function askingForLostSound(sdp: string): string {
  return sdp.replaceAll(/^a=rtpmap:(\d+) opus\/48000\/2\r\n/gim, (line, type: string) => {
    const wish = `a=rtcp-fb:${type} nack\r\n`;
    return sdp.includes(wish) ? line : line + wish;
  });
}

let taken: Promise<boolean> | null = null;

/**
 * From now on this page's offers ask for it, where the browser takes such an offer; the first call finds out.
 * @returns whether it does
 */
export function askForLostSound(): Promise<boolean> {
  taken ??= tryOffer().then((ok) => {
    if (ok) changeOffers();
    return ok;
  });
  return taken;
}

/** A connection that goes nowhere takes such an offer and keeps it as it is. */
async function tryOffer(): Promise<boolean> {
  const connection = new RTCPeerConnection();
  try {
    connection.addTransceiver('audio');
    const offer = await connection.createOffer();
    const sdp = askingForLostSound(offer.sdp ?? '');
    if (sdp === offer.sdp) return false;
    await connection.setLocalDescription({ type: 'offer', sdp });
    return askingForLostSound(connection.localDescription?.sdp ?? '') === connection.localDescription?.sdp;
  } catch {
    // It keeps what it offers to itself: RED it is.
    return false;
  } finally {
    connection.close();
  }
}

type CreateOffer = (this: RTCPeerConnection, options?: RTCOfferOptions) => Promise<RTCSessionDescriptionInit>;

/** The media client has no place for it, and reads its offers more than once: so at their source. */
function changeOffers(): void {
  const { prototype } = RTCPeerConnection;
  const own = prototype.createOffer as CreateOffer;
  const changed: CreateOffer = async function (options) {
    const offer = await own.call(this, options);
    if (offer.sdp) offer.sdp = askingForLostSound(offer.sdp);
    return offer;
  };
  prototype.createOffer = changed as typeof prototype.createOffer;
}
