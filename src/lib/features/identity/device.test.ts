import { expect, it } from 'vitest';
import { deviceOf, placeOfAddress } from './device.ts';

it.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0',
    { browser: 'Edge', system: 'Windows', phone: false }
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1',
    { browser: 'Safari', system: 'iOS', phone: true }
  ],
  [
    'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0',
    { browser: 'WeChat', system: 'Android', phone: true }
  ],
  ['curl/8', { browser: '', system: '', phone: false }]
])('[ID-10] %s', (agent, device) => expect(deviceOf(agent)).toEqual(device));

it.each([
  ['127.0.0.1', 'this-machine'],
  ['::ffff:192.168.1.4', 'local-network'],
  ['172.20.0.1', 'local-network'],
  ['172.32.0.1', 'internet'],
  ['fd00::1', 'local-network'],
  ['203.0.113.9', 'internet'],
  ['unknown', 'unknown']
] as const)('[ID-10] %s is %s', (address, place) => expect(placeOfAddress(address)).toBe(place));
