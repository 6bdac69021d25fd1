/** Whether this browser can encrypt what it sends in a call, asked without loading the media client. */
export function canEncrypt(): boolean {
  // Outside https browsers give neither keys nor cameras.
  if (!('Worker' in globalThis) || !globalThis.isSecureContext) return false;
  const sender = (globalThis as { RTCRtpSender?: { prototype: object } }).RTCRtpSender;
  return 'RTCRtpScriptTransform' in globalThis || (!!sender && 'createEncodedStreams' in sender.prototype);
}
