# Import of members.
roster-crumbs = You are here
roster-import = Import members
roster-import-lead = Add many members from one file. It is checked first; accounts are created once you confirm.
roster-template = Step 1: fill in the template
roster-template-text = One member a row. Name and login name are required; mobile, ID number and end date may stay empty. The columns are text, so that ID numbers stay as they are. The end date is the last day, for example 2027-12-31, and that day is included.
roster-template-xlsx = Download XLSX template
roster-template-csv = Download CSV template
roster-send = Step 2: send the file
roster-file = File
roster-file-hint = XLSX or CSV (UTF-8 or GB18030), at most { $rows } rows and { $size } MB
roster-check-first = The file is only checked now; no account is created.
roster-check = Upload and check
roster-before = Earlier imports
roster-rows = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
  } to import
roster-column-row = Row
roster-column-name = Name
roster-column-login-name = Login name
roster-column-phone = Mobile
roster-column-document = ID number
roster-column-until = Valid until
roster-column-from = Valid from
roster-column-role = Role
roster-column-state = State
roster-column-owner = Account owner
roster-column-last = Last sign-in
roster-column-problems = Problems
roster-state-checked = To be confirmed
roster-state-creating = Creating accounts
roster-state-indexing = Making them searchable
roster-state-notifying = Sending activation messages
roster-state-done = Done
roster-state-stopped = Stopped
roster-state-discarded = Discarded
roster-result-checked = Result of the check
roster-result = Result of the import
roster-valid = Rows to import
roster-faulty = Rows with problems
roster-with-phone = Rows with a mobile
roster-created = Accounts created
roster-failed = Failed on creation
roster-notified = Activation messages sent
roster-working = You can leave this page; the import goes on.
roster-done-text = The accounts are there and wait for their holders to activate them. For members without a mobile number, print activation slips.
roster-to-members = View members
roster-confirm-title = Confirm the import
roster-confirm-text = { $rows ->
    [one] 1 member account will be created. It belongs to your organization and has the lowest role.
   *[other] { $rows } member accounts will be created. They belong to your organization and have the lowest role.
  }
roster-confirm-faulty = { $rows ->
    [one] The row with problems is left out.
   *[other] The { $rows } rows with problems are left out.
  }
roster-notify = Send activation messages once the accounts are there
roster-notify-hint = One SMS to each of { $rows } people, in about { $minutes } min. The link works for 72 hours; the holder sets the password
roster-confirm = Confirm import
roster-discard = Discard
roster-nothing-valid = No row can be imported. Mend the file as described below and send it again.
roster-again = Send again
roster-stop = Stop import
roster-stop-text = Accounts that were created stay; the other rows are not created. You can go on later.
roster-resume = Go on with the import
roster-resume-text = It goes on where it stopped, in your name. No account is created twice.
roster-stopped-title = The import was stopped
roster-stopped-by-hand = An administrator stopped it.
roster-stopped-suspended = The organization is suspended. The import can go on once it is resumed.
roster-stopped-power = Whoever confirmed it no longer administers this organization. Another administrator can go on.
roster-faults = Rows with problems
roster-faults-text = Mend the rows as the Problems column says; the same file can be sent again as it is.
roster-faults-xlsx = Download XLSX
roster-faults-csv = Download CSV
roster-faults-more = Only the first rows are listed here; the file has all of them.
roster-slips = Print activation slips
roster-slips-text = One each, with link and code, for members who are not activated and have no mobile number. About forty a page; a page is shown once.
roster-slips-all = Members with a mobile number too
roster-slips-all-hint = Links that they were sent by text message stop working
roster-slips-print = Print
roster-slips-made = { $count } activation slips on this page
roster-slips-once = Links and codes are shown on this page alone. Print them and hand each to its holder; what was handed out before works no more.
roster-slips-none = No slip to print. The members are activated, or have a mobile number.
roster-slips-next = Print for the members after these
roster-slips-back = Back to the import
roster-flash-discarded = The import was discarded
error-roster-file-none = No file was chosen. Choose an XLSX or CSV file
error-roster-file-large = The file is larger than { $most } MB. Split it into several files
error-roster-file-empty = The file is empty. Its first row should hold the column names
error-roster-file-no-rows = The file has column names but no members. Fill in one member a row from the second row on
error-roster-file-old = The file is an old XLS, or under a password. Save it as XLSX without a password
error-roster-file-broken = The file is damaged and cannot be read. Save it again and retry
error-roster-file-unknown = The file is neither XLSX nor CSV. Use the template
error-roster-file-macro = The file holds macros and is not imported. Save it as XLSX without macros
error-roster-file-bomb = The file is too large once unpacked. Keep only the sheet that is needed
error-roster-file-encoding = The text encoding of the file is not known. Save it as CSV in UTF-8
error-roster-file-rows = More than { $most } rows. Split the file
error-roster-file-columns = More than { $most } columns. Use the columns of the template
error-roster-file-cell = A cell is longer than { $most } characters. Shorten it
error-roster-header-unknown = The column “{ $column }” is not known. Use the column names of the template
error-roster-header-twice = The column “{ $column }” is there twice. Keep one
error-roster-header-missing = The column for the name or the login name is missing. The first row should hold the column names of the template
error-roster-row-twice = The same as in row { $row }
error-roster-document-number = The cell is a number, and the spreadsheet has changed its digits. Format the cell as text and type the whole number again
error-roster-date-number = The cell is a number. Type a date such as 2027-12-31
error-roster-date = The date is not understood. Type it as 2027-12-31
error-roster-date-past = The date is over. Type today or a later date
error-roster-role = An import gives the lowest role only. Leave this column empty; higher roles are appointed one by one
error-roster-known-document = A member of your organization has this ID number already
error-roster-known-phone = A member of your organization has this mobile already
error-roster-running = Another import of your organization is running. Confirm this one once it is done
error-roster-import-often = Too many files were sent for this organization. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
 }
error-roster-import-gone = The state of this import has changed, so that is not possible now. Look at its current state
error-roster-import-unknown = There is no such import, or it is kept no longer

# Export of members.
roster-export = Export members
roster-export-lead = Save the list of your organization's members as a file.
roster-export-what = What to export
roster-format = File format
roster-format-xlsx = XLSX
roster-format-xlsx-hint = For spreadsheets; every column is text
roster-format-csv = CSV
roster-format-csv-hint = UTF-8, for other systems
roster-full = With full mobile numbers
roster-full-hint = Of accounts that your organization owns; you prove again who you are. Otherwise the middle digits are hidden
roster-export-now = Export
roster-export-record = Every export stands in the operation record.
roster-owner-managed = Organization
roster-owner-self = Holder
roster-member-active = Active
roster-member-suspended = Suspended
roster-member-expired = Expired
roster-member-unactivated = Not activated
roster-member-ended = Removed
