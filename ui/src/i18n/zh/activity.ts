import type { activity as en } from '../en/activity'

export const activity: Record<keyof typeof en, string> = {
  'activity.switches': '切换',
  'activity.audit': '审计日志',
  'activity.who': '谁',
  'activity.what': '做了什么',
  'activity.on': '对象',
  'activity.details': '详情',
  'activity.empty': '还没有任何操作。',
  'activity.noSwitches': '还没有切换。去设置某个智能体的模型吧。',
}
