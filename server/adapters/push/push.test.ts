import { createECDH } from 'node:crypto';
import { expect, test } from 'vitest';
import { encryptPush } from './encrypt.ts';
import { isPublic, pushHost } from './hosts.ts';
import { vapidFrom } from './vapid.ts';

test('[NO-21] a message is encrypted as the example of RFC 8291, section 5', () => {
  const sender = createECDH('prime256v1');
  sender.setPrivateKey(Buffer.from('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw', 'base64url'));
  const message = Buffer.from('When I grow up, I want to be a watermelon');
  const keys = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg'
  };
  const salt = Buffer.from('DGv6ra1nlYgDCS1FRnbzlw', 'base64url');
  const body = encryptPush(message, keys, { padTo: message.length, salt, sender });
  expect(body.toString('base64url')).toBe(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN'
  );
  const short = encryptPush(Buffer.from('a'), keys, { padTo: 512 });
  expect(short.length).toBe(encryptPush(message, keys, { padTo: 512 }).length);
  expect(() => encryptPush(Buffer.alloc(513), keys, { padTo: 512 })).toThrow(RangeError);
  expect(() => encryptPush(message, { ...keys, p256dh: 'AAAA' }, { padTo: 512 })).toThrow();
});

test('[NO-21] the site’s key is the same after each start, and another site’s is another', () => {
  const of = (byte: number) => vapidFrom(Buffer.alloc(32, byte), 'mailto:it@example.org').publicKey;
  expect(of(1)).toBe(of(1));
  expect(of(2)).not.toBe(of(1));
  expect(Buffer.from(of(1), 'base64url')).toHaveLength(65);
});

test.each([
  ['https://fcm.googleapis.com/fcm/send/x', 'known'],
  ['https://updates.push.services.mozilla.com/wpush/v2/x', 'known'],
  ['https://web.push.apple.com/x', 'known'],
  ['https://wns2-par02p.notify.windows.com/w/?token=x', 'known'],
  ['https://push.clinic.lan:8443/x', 'own'],
  ['http://fcm.googleapis.com/x', null],
  ['https://fcm.googleapis.com:8443/x', null],
  ['https://a:b@fcm.googleapis.com/x', null],
  ['https://fcm.googleapis.com.example.org/x', null],
  ['https://push.apple.com.example.org/x', null],
  ['https://evilpush.apple.com.cn/x', null],
  ['https://push.clinic.lan/x', null],
  ['https://127.0.0.1/x', null],
  ['https://[::1]/x', null],
  ['https://169.254.169.254/latest', null],
  ['file:///etc/passwd', null],
  [`https://fcm.googleapis.com/${'x'.repeat(1_000)}`, null],
  ['x', null]
])('[NO-22] %s is %s', (endpoint, host) => {
  expect(pushHost(endpoint, ['push.clinic.lan:8443'])).toBe(host);
});

test.each([
  ['142.250.1.95', true],
  ['2a00:1450:4001::5f', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['fd00::1', false],
  ['fe80::1', false]
])('[NO-22] %s is public: %s', (address, open) => {
  expect(isPublic(address)).toBe(open);
});
