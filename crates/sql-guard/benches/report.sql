-- Departments by the share of students who finished within the regular time, this year beside the last.
WITH finished AS (
  SELECT s.student_id, s.department_id, e.course_id, c.credits,
    date_trunc('year', e.finished_at AT TIME ZONE 'Europe/Berlin') AS year,
    e.finished_at - e.enrolled_at AS took,
    row_number() OVER (PARTITION BY s.student_id ORDER BY e.finished_at DESC, e.course_id) AS latest
  FROM academics.students AS s
  JOIN academics.enrollments AS e USING (student_id)
  JOIN academics.courses AS c ON c.course_id = e.course_id AND c.credits BETWEEN 1 AND 30
  LEFT JOIN academics.leaves AS l ON l.student_id = s.student_id AND l.until > e.enrolled_at
  WHERE e.finished_at >= date_trunc('year', now()) - interval '1 year'
    AND e.finished_at < now()
    AND e.status IN ('finished', 'finished with honours', 'transferred')
    AND l.student_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM academics.withdrawals AS w WHERE w.student_id = s.student_id AND w.at < e.finished_at)
), by_department AS (
  SELECT f.department_id, f.year, count(DISTINCT f.student_id) AS students, sum(f.credits) AS credits,
    count(*) FILTER (WHERE f.took <= interval '180 days') AS in_time,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.took)) AS median_seconds
  FROM finished AS f
  WHERE f.latest <= 10
  GROUP BY f.department_id, f.year
  HAVING count(*) > 5
)
SELECT d.name AS department, coalesce(d.code, 'none') AS code, to_char(b.year, 'YYYY') AS year, b.students, b.credits,
  round(100.0 * b.in_time / nullif(b.students, 0), 1) AS percent_in_time,
  CASE WHEN b.median_seconds > 15552000 THEN 'slow' WHEN b.median_seconds IS NULL THEN 'unknown' ELSE 'regular' END AS pace,
  b.students - lag(b.students) OVER (PARTITION BY d.department_id ORDER BY b.year) AS more_students
FROM by_department AS b
JOIN academics.departments AS d ON d.department_id = b.department_id
WHERE d.closed_on IS NULL OR d.closed_on > current_date - 365
ORDER BY d.name, d.department_id, b.year DESC
LIMIT 100;
