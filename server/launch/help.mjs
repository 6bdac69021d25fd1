// Plain JavaScript on purpose: bootstrap.mjs reads it before anything is installed, on any Node ≥ 18.

/** What may follow `npm start --`. Read by bootstrap.mjs (checks) and config.ts (meaning). */
export const options = /** @type {const} */ ({
  help: { type: 'boolean', short: 'h' },
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  data: { type: 'string' },
  'no-demo': { type: 'boolean' },
  roles: { type: 'string' },
  'no-sfu': { type: 'boolean' },
  'ready-json': { type: 'boolean' }
});

export const helpText = `Consilium · 会诊室

  npm start -- [options]     install what is missing, build, migrate, start / 安装、构建并启动
  npm run dev -- [options]   the same with hot reload / 开发模式,热更新
  npm run doctor             check this machine and the app / 自检
  npm run keys:rotate        new encryption keys, while the app serves / 在线轮换加密密钥
  npm run models -- --from DIR   models of your own for mouth guide and blurred background / 使用自备模型
  npm test                   everything CI runs / 全部测试

Options / 选项
  --port N        port to listen on / 监听端口 (3000, PORT)
  --host ADDRESS  address to listen on; 0.0.0.0 for all / 监听地址 (127.0.0.1, HOST)
  --data FOLDER   database, files and keys / 数据目录 (./data, DATA_DIR)
  --no-demo       no demo clinics on the first start / 首次启动不创建演示数据
  --roles LIST    of web,collab,worker,dicom / 本进程承担的角色 (all, ROLES)
  --no-sfu        without video / 不启动音视频服务
  --ready-json    one line of JSON when ready, for programs / 就绪时输出一行 JSON
  --help          this text / 本说明

Everything else is set by environment variables: see the table in README.md.
其余配置见 README.md 的环境变量表。
`;
