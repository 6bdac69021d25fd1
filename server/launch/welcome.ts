export interface SignIn {
  name: string;
  role: string;
  organisation: string;
  email: string;
  password: string;
}

/** The last thing a start prints: where to go, and in a demo as whom. */
export function welcome({
  address,
  signIns,
  logFile
}: {
  address: string;
  signIns: SignIn[];
  logFile: string;
}): string {
  const lines = ['', `  Consilium · 会诊室   ${address}`, ''];
  if (signIns.length > 0) {
    lines.push(`  Demo sign-ins, password ${signIns[0]?.password} / 演示账号及密码`);
    const width = Math.max(...signIns.map((s) => s.email.length));
    for (const s of signIns)
      lines.push(`    ${s.email.padEnd(width)}  ${s.name} · ${s.role} · ${s.organisation}`);
    lines.push('');
  }
  lines.push(`  Log / 日志: ${logFile}`, '  Ctrl-C to stop / 按 Ctrl-C 停止', '');
  return lines.join('\n');
}
