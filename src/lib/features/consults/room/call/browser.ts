/** What can be told of a browser from its own name, for help that fits it. Never for access. */

/** Where permissions are given differs between these; the rest is told in general words. */
export const browserFamilies = [
  'android',
  'ios-safari',
  'ios-other',
  'desktop',
  'firefox',
  'mac-safari'
] as const;
export type BrowserFamily = (typeof browserFamilies)[number];

export function familyOf(userAgent: string, touchPoints = 0): BrowserFamily {
  // iPads say that they are Macs; no Mac has a touch screen.
  const isIos = /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1);
  if (isIos)
    return /CriOS|FxiOS|EdgiOS|OPiOS|MQQBrowser|UCBrowser/.test(userAgent) ? 'ios-other' : 'ios-safari';
  if (/Android|HarmonyOS/.test(userAgent)) return 'android';
  if (/Firefox\//.test(userAgent)) return 'firefox';
  return /Macintosh/.test(userAgent) && !/Chrome|Chromium|Edg/.test(userAgent) ? 'mac-safari' : 'desktop';
}

/** An app that shows pages inside itself. */
export type HostApp = 'wechat' | 'alipay' | 'qq' | 'dingtalk' | 'weibo' | 'feishu' | 'baidu';

/** Null: a browser of its own. The QQ *browser* is one; pages inside QQ say `QQ/`. */
export function hostAppOf(userAgent: string): HostApp | null {
  if (/MicroMessenger|wxwork/i.test(userAgent)) return 'wechat';
  if (/AlipayClient/i.test(userAgent)) return 'alipay';
  if (/DingTalk/i.test(userAgent)) return 'dingtalk';
  if (/\bWeibo\b/i.test(userAgent)) return 'weibo';
  if (/\bLark\b|Feishu/i.test(userAgent)) return 'feishu';
  if (/baiduboxapp/i.test(userAgent)) return 'baidu';
  return /\bQQ\//.test(userAgent) ? 'qq' : null;
}

/** [CALL-14] Why no call can be had in this browser, whatever is allowed; null: it can. */
export type NoCall = { kind: 'in-app'; app: HostApp } | { kind: 'unsupported' };

export function noCallOf(here: {
  userAgent: string;
  hasPeerConnection: boolean;
  hasCamera: boolean;
  /** Without https no browser gives a camera: another one would not help, and is not asked for. */
  isSecure: boolean;
}): NoCall | null {
  if (here.hasPeerConnection && (here.hasCamera || !here.isSecure)) return null;
  const app = hostAppOf(here.userAgent);
  return app ? { kind: 'in-app', app } : { kind: 'unsupported' };
}

/** Of this page. Browser only. */
export function noCallHere(): NoCall | null {
  return noCallOf({
    userAgent: navigator.userAgent,
    hasPeerConnection: typeof RTCPeerConnection === 'function',
    hasCamera: typeof (navigator.mediaDevices as MediaDevices | undefined)?.getUserMedia === 'function',
    isSecure: isSecureContext
  });
}

/** [CALL-15] Which way a camera looks, by the name its system gives it; null: it does not say. */
export function cameraFacing(label: string): 'user' | 'environment' | null {
  if (/back|rear|environment|world|后置|背面|后摄/i.test(label)) return 'environment';
  return /front|user|facetime|selfie|前置|正面|前摄/i.test(label) ? 'user' : null;
}
