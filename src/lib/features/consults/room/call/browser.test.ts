import { describe, expect, it } from 'vitest';
import { noCallOf, cameraFacing, familyOf, hostAppOf } from './browser.ts';

const android = 'Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko)';
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';

describe('[CALL-13] the help of the right browser', () => {
  it.each([
    [`${android} Chrome/124.0 Mobile Safari/537.36`, 0, 'android'],
    [`${iphone} Version/17.4 Mobile/15E148 Safari/604.1`, 5, 'ios-safari'],
    [`${iphone} CriOS/124.0 Mobile/15E148 Safari/604.1`, 5, 'ios-other'],
    [`${mac} AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15`, 5, 'ios-safari'],
    [`${mac} AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15`, 0, 'mac-safari'],
    [`${mac} AppleWebKit/537.36 Chrome/124.0 Safari/537.36`, 0, 'desktop'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0 Safari/537.36 Edg/124.0', 0, 'desktop'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0', 0, 'firefox']
  ] as const)('[CALL-13] %s', (userAgent, touch, family) => expect(familyOf(userAgent, touch)).toBe(family));
});

describe('[CALL-14] pages inside other apps', () => {
  it.each([
    [`${android} Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49`, 'wechat'],
    [`${iphone} Mobile/15E148 wxwork/4.1.2`, 'wechat'],
    [`${iphone} Mobile/15E148 AliApp(AP/10.5.88) AlipayClient/10.5.88`, 'alipay'],
    [`${android} V1_AND_SQ_9.0.8 QQ/9.0.8 Mobile`, 'qq'],
    [`${android} MQQBrowser/14.9 Mobile Safari/537.36`, null],
    [`${android} DingTalk/7.5.10`, 'dingtalk'],
    [`${iphone} Weibo (iPhone15,2__weibo__14.3.2)`, 'weibo'],
    [`${android} Chrome/124.0 Mobile Safari/537.36`, null]
  ] as const)('[CALL-14] %s', (userAgent, app) => expect(hostAppOf(userAgent)).toBe(app));

  const all = {
    userAgent: `${android} MicroMessenger/8.0`,
    hasPeerConnection: true,
    hasCamera: true,
    isSecure: true
  };
  it('[CALL-14] one that can hold a call is let through; one that cannot says where to go', () => {
    expect(noCallOf(all)).toBeNull();
    expect(noCallOf({ ...all, hasCamera: false })).toEqual({ kind: 'in-app', app: 'wechat' });
    expect(noCallOf({ ...all, hasPeerConnection: false })).toEqual({ kind: 'in-app', app: 'wechat' });
    expect(noCallOf({ ...all, userAgent: 'Old/1.0', hasPeerConnection: false })).toEqual({
      kind: 'unsupported'
    });
    // Plain http: no browser would do, so none is asked for.
    expect(noCallOf({ ...all, hasCamera: false, isSecure: false })).toBeNull();
  });
});

describe('[CALL-15] which camera is which', () => {
  it.each([
    ['camera2 1, facing front', 'user'],
    ['camera2 0, facing back', 'environment'],
    ['前置相机', 'user'],
    ['后置双广角镜头', 'environment'],
    ['FaceTime HD Camera', 'user'],
    ['HD Webcam C270', null]
  ] as const)('[CALL-15] %s', (label, facing) => expect(cameraFacing(label)).toBe(facing));
});
