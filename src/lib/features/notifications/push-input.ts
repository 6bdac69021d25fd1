import * as v from 'valibot';

const endpoint = v.pipe(v.string(), v.url(), v.maxLength(1_000));
const base64url = (bytes: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[\w-]+$/),
    v.check((text: string) => Math.floor((text.length * 3) / 4) === bytes)
  );
const locale = v.picklist(['zh-CN', 'en']);

/** What a browser gives when it subscribes. */
export const pushInput = v.object({ endpoint, p256dh: base64url(65), auth: base64url(16), locale });
export type PushInput = v.InferOutput<typeof pushInput>;
/** [NO-25] What a browser has instead of what it had; null: it does not say what that was. */
export const pushRenewInput = v.object({
  former: v.nullable(v.object({ endpoint, auth: base64url(16) })),
  ...{ endpoint, p256dh: base64url(65), auth: base64url(16) }
});
export type PushRenewInput = v.InferOutput<typeof pushRenewInput>;
export const pushDeviceInput = v.object({ endpoint: v.nullable(endpoint), locale });
export const pushEndInput = v.variant('which', [
  v.object({ which: v.literal('here'), endpoint }),
  v.object({ which: v.literal('others'), endpoint: v.nullable(endpoint) })
]);
