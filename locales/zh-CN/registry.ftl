

# Tasks on the home of an organization
registry-task-expired = { $count } 项资质材料已到期
registry-task-expiring = { $count } 项资质材料将在 30 天内到期
registry-task-returned = { $count } 项资质材料需要补正
registry-task-missing = { $count } 项资质材料尚未提交或未通过审核
