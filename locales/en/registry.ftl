

# Tasks on the home of an organization
registry-task-expired = { $count ->
        [one] One material has expired
       *[other] { $count } materials have expired
    }
registry-task-expiring = { $count ->
        [one] One material expires
       *[other] { $count } materials expire
    } within 30 days
registry-task-returned = { $count ->
        [one] One material came back for completion
       *[other] { $count } materials came back for completion
    }
registry-task-missing = { $count ->
        [one] One material was not handed in or not accepted
       *[other] { $count } materials were not handed in or not accepted
    }
